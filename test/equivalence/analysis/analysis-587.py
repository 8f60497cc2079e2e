import pandas as pd

calls = pd.read_csv("20170413_000000_group_statistics.csv")
calls.columns = [column.strip() for column in calls.columns]


def to_seconds(text):
    hours, minutes, seconds = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + seconds


calls["wait"] = calls["avg. wait time"].apply(to_seconds)
print(calls["wait"].describe())
r = calls["avg. num. agents talking"].corr(calls["wait"])
print(f"@correlation_coefficient[{r:.3f}]")
