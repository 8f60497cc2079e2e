# A small warehouse: movements, stock, orders, and a report in Markdown
import pandas as pd

articles = pd.DataFrame(
    {
        "article": ["A-100", "A-101", "B-200", "B-201", "C-300", "C-301", "D-400"],
        "name": [
            "Hammer, 500 g",
            "Hammer, 800 g",
            "Screwdriver PH1",
            "Screwdriver PH2",
            "Spirit level, 60 cm",
            "Spirit level, 120 cm",
            "Tape measure, 5 m",
        ],
        "unit_price": [14.90, 18.50, 4.20, 4.60, 22.00, 39.00, 6.80],
        "reorder_below": [20, 15, 60, 60, 10, 6, 40],
        "order_size": [40, 30, 120, 120, 20, 12, 80],
    }
)
print(articles.dtypes)

movements = pd.DataFrame(
    [
        ("2024-05-02", "A-100", 40, "delivery"),
        ("2024-05-02", "B-200", 120, "delivery"),
        ("2024-05-03", "A-100", -12, "sale"),
        ("2024-05-03", "C-300", 20, "delivery"),
        ("2024-05-04", "B-200", -35, "sale"),
        ("2024-05-04", "B-201", 120, "delivery"),
        ("2024-05-06", "A-101", 30, "delivery"),
        ("2024-05-06", "A-100", -11, "sale"),
        ("2024-05-07", "C-300", -4, "sale"),
        ("2024-05-07", "D-400", 80, "delivery"),
        ("2024-05-08", "B-201", -70, "sale"),
        ("2024-05-08", "D-400", -22, "sale"),
        ("2024-05-10", "C-301", 12, "delivery"),
        ("2024-05-10", "A-101", -9, "sale"),
        ("2024-05-13", "B-200", -41, "sale"),
        ("2024-05-13", "A-100", 2, "return"),
        ("2024-05-14", "C-301", -7, "sale"),
        ("2024-05-14", "C-300", -8, "sale"),
        ("2024-05-15", "D-400", -31, "sale"),
        ("2024-05-15", "A-101", -8, "sale"),
    ],
    columns=["date", "article", "count", "kind"],
)
movements["date"] = pd.to_datetime(movements["date"])
print(len(movements), "movements from", movements["date"].min().date(), "to", movements["date"].max().date())

# What is there now?
stock = movements.groupby("article")["count"].sum().rename("stock")
report = articles.merge(stock, on="article", how="left").fillna({"stock": 0})
report["stock"] = report["stock"].astype(int)
report["value"] = (report["stock"] * report["unit_price"]).round(2)
print(report[["article", "stock", "value"]].to_string(index=False))

# Never below zero on any day?
running = movements.sort_values("date").groupby("article")["count"].cumsum()
print("ever negative:", bool((running < 0).any()))

# What has to be ordered, and for how much
report["order"] = report["order_size"].where(report["stock"] < report["reorder_below"], 0)
orders = report.loc[report["order"] > 0, ["article", "name", "stock", "reorder_below", "order"]]
print(orders.to_string(index=False))
cost = (report["order"] * report["unit_price"] * 0.62).sum()
print(f"the order costs about {cost:.2f}")

# Sales by week
sales = movements[movements["kind"] == "sale"].assign(week=lambda m: m["date"].dt.isocalendar().week)
by_week = sales.pivot_table(index="article", columns="week", values="count", aggfunc="sum", fill_value=0)
print(-by_week)

# How long does the stock last at this rate?
days = (movements["date"].max() - movements["date"].min()).days + 1
rate = -sales.groupby("article")["count"].sum() / days
report["lasts_days"] = (report["stock"] / report["article"].map(rate)).round(0)
print(report[["article", "lasts_days"]].to_string(index=False))

turnover = (-sales.groupby("article")["count"].sum()).mul(articles.set_index("article")["unit_price"])
share = (100 * turnover / turnover.sum()).sort_values(ascending=False)
print(share.dropna().round(1).to_dict())

lines = ["# Stock report", "", f"Total value: **{report['value'].sum():.2f}**", ""]
lines.append("| article | name | stock | value |")
lines.append("|---|---|---:|---:|")
for row in report.itertuples():
    mark = " ⚠" if row.order else ""
    lines.append(f"| {row.article} | {row.name}{mark} | {row.stock} | {row.value:.2f} |")
lines.append("")
lines.append(f"To be ordered: {', '.join(orders['article'])}.")
print("\n".join(lines))

best = share.idxmax()
name = articles.set_index("article").loc[best, "name"]
print(f"best seller: {name} with {share.max():.1f} % of the turnover")
