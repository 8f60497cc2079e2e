import pandas as pd

passengers = pd.read_csv("titanic_test.csv")
complete = passengers[["Pclass", "Fare"]].dropna()
print(passengers.shape, complete.shape)
print(f"@correlation_coefficient[{complete.corr().loc['Pclass', 'Fare']:.2f}]")
