import pandas as pd
from scipy.stats import ttest_ind

prices = pd.read_csv("bitconnect_price.csv")
prices["Date"] = pd.to_datetime(prices["Date"], format="%b %d, %Y")
is_weekend = prices["Date"].dt.dayofweek >= 5
weekday = prices.loc[~is_weekend, "Open"]
weekend = prices.loc[is_weekend, "Open"]
print(len(weekday), len(weekend))

t, p = ttest_ind(weekday, weekend, equal_var=False)
print(f"@weekday_mean_price[{weekday.mean():.2f}] @weekend_mean_price[{weekend.mean():.2f}]")
print(f"@p_value[{p:.4f}] @significance[{'Yes' if p < 0.05 else 'No'}]")
