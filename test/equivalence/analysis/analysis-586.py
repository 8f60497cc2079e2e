import pandas as pd

calls = pd.read_csv("20170413_000000_group_statistics.csv")
calls.columns = calls.columns.str.strip()
print(calls.columns.tolist())

abandoned = calls["num. calls abandoned"].dropna()
print(abandoned[abandoned > 0])
print(f"@total_abandoned_calls[{int(abandoned.sum())}]")
