import pandas as pd

loans = pd.read_csv("test_Y3wMUE5_7gLdaTN.csv")
print(loans.isnull().sum())

pairs = loans[["ApplicantIncome", "LoanAmount"]].dropna()
print(f"{len(pairs)} of {len(loans)} rows are complete")

correlation = pairs["ApplicantIncome"].corr(pairs["LoanAmount"])
print(f"@correlation_coefficient[{correlation:.2f}]")
