import statistics
import time

# A slow database, as this program sees it: `sleep` stands in for the work of the server.
SECONDS = {"customers": 0.5, "orders": 0.9, "returns": 0.6, "stock": 0.5}
LEVELS = {"customers": 40, "orders": 60, "returns": 4, "stock": 300}


def query(table):
    time.sleep(SECONDS[table])
    return [LEVELS[table] + day % 7 for day in range(30)]


customers = query("customers")
print("customers a day:", statistics.mean(customers))

orders = query("orders")
print("orders a day:", statistics.mean(orders))

# What comes back is not sold.
returns = query("returns")
sold = [bought - returned for bought, returned in zip(orders, returns)]
print("sold a day:", statistics.mean(sold))
share = sum(returns) / sum(orders)
print("returned:", round(share, 3))

# How long does the stock last?
stock = query("stock")
days = statistics.mean(stock) / statistics.mean(orders)
print("stock for days:", round(days, 2))

by_weekday = [statistics.mean(orders[day::7]) for day in range(7)]
best = by_weekday.index(max(by_weekday))
print("best weekday:", best)
refreshed = query("orders")
print("unchanged:", refreshed == orders)
