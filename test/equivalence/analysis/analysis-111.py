import pandas as pd

loans = pd.read_csv("test_Y3wMUE5_7gLdaTN.csv")
print("Before:")
print(loans[["Self_Employed", "LoanAmount"]].describe(include="all"))

loans["Self_Employed"] = loans["Self_Employed"].fillna("No")
loans["LoanAmount"] = loans["LoanAmount"].fillna(loans["LoanAmount"].median())

print("After:")
print(loans[["Self_Employed", "LoanAmount"]].describe(include="all"))

amount = loans["LoanAmount"]
print(f"@mean_loan[{amount.mean():.2f}], @median_loan[{amount.median():.2f}], @std_dev_loan[{amount.std():.2f}]")
