import pandas as pd
import matplotlib.pyplot as plt

players = pd.read_csv("baseball_data.csv")
print(players["indicator_of_free_agency_eligibility"].value_counts(dropna=False))

runs = players.groupby("indicator_of_free_agency_eligibility")["number_of_runs"].mean()
print(runs)

runs.plot.bar(figsize=(4, 3))
plt.ylabel("runs")
plt.tight_layout()
plt.show()

print(f"@average_runs_by_eligible_for_free_agency[{runs[1]:.2f}]")
print(f"@average_runs_by_not_eligible_for_free_agency[{runs[0]:.2f}]")
