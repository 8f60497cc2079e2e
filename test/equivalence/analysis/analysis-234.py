import pandas as pd

departments = pd.read_csv("city_departments_in_current_budget.csv")
print(departments.head())

start = pd.to_datetime(departments["budget_year_start"], format="%m/%d/%Y")
end = pd.to_datetime(departments["budget_year_end"], format="%m/%d/%Y")
durations = (end - start).dt.days
print(durations.value_counts())

average = sum(durations) / len(durations)
print(f"@average_duration[{round(average)}]")
