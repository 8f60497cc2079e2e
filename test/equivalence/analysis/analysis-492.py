import pandas as pd

degrees = pd.read_csv("percent-bachelors-degrees-women-usa.csv").set_index("Year")
last = degrees.loc[2010].sort_values(ascending=False)
print(last.head())

fields = last[last == last.max()].index
print(f"@fields[{', '.join(fields)}]")
