# Read invoices from text, check them, and sum them up by customer
import re
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

TEXT = """
INVOICE 2024-0017
Customer: Northwind Traders
Line: 3 x Chai @ 18.00
Line: 10 x Chang @ 19.00
Line: 2 x Aniseed Syrup @ 10.00
Discount: 5%
Total: 252.70

INVOICE 2024-0018
Customer: Fourth Coffee
Line: 1 x Espresso Machine @ 899.00
Line: 4 x Filter Papers @ 3.25
Discount: 0%
Total: 912.00

INVOICE 2024-0019
Customer: Northwind Traders
Line: 6 x Chai @ 18.00
Line: 1 x Teapot @ 34.50
Discount: 10%
Total: 129.25
"""


@dataclass
class Line:
    """One position of an invoice."""

    count: int
    article: str
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return self.count * self.price


@dataclass
class Invoice:
    number: str
    customer: str = ""
    lines: list[Line] = field(default_factory=list)
    discount: Decimal = Decimal(0)
    stated_total: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        gross = sum((line.amount for line in self.lines), Decimal(0))
        return (gross * (1 - self.discount / 100)).quantize(Decimal("0.01"))

    @property
    def is_consistent(self) -> bool:
        return self.total == self.stated_total


LINE = re.compile(r"(?P<count>\d+) x (?P<article>.+) @ (?P<price>[\d.]+)")


def parse(text: str) -> list[Invoice]:
    """The invoices of a text, in its order."""
    invoices: list[Invoice] = []
    for row in text.strip().splitlines():
        row = row.strip()
        if not row:
            continue
        if row.startswith("INVOICE "):
            invoices.append(Invoice(number=row.removeprefix("INVOICE ")))
            continue
        key, _, value = row.partition(": ")
        current = invoices[-1]
        if key == "Customer":
            current.customer = value
        elif key == "Line":
            match = LINE.fullmatch(value)
            if match is None:
                raise ValueError(f"cannot read the line {value!r} of invoice {current.number}")
            current.lines.append(Line(int(match["count"]), match["article"], Decimal(match["price"])))
        elif key == "Discount":
            current.discount = Decimal(value.rstrip("%"))
        elif key == "Total":
            current.stated_total = Decimal(value)
        else:
            raise ValueError(f"unknown field {key!r} in invoice {current.number}")
    return invoices


invoices = parse(TEXT)
print(f"{len(invoices)} invoices")
for invoice in invoices:
    mark = "ok" if invoice.is_consistent else f"stated {invoice.stated_total}"
    print(f"{invoice.number}  {invoice.customer:<20} {invoice.total:>10}  {mark}")

# By customer
sums: dict[str, Decimal] = defaultdict(Decimal)
for invoice in invoices:
    sums[invoice.customer] += invoice.total
for customer, total in sorted(sums.items(), key=lambda item: -item[1]):
    print(f"{customer:<20} {total:>10}")

# Articles that were sold more than once
counts: dict[str, int] = defaultdict(int)
for invoice in invoices:
    for line in invoice.lines:
        counts[line.article] += line.count
popular = {article: count for article, count in counts.items() if count > 3}
print(dict(sorted(popular.items())))

wrong = [invoice.number for invoice in invoices if not invoice.is_consistent]
print("to be checked:", wrong or "none")
