from math import sqrt

prices = [19.9, 4.5, 99.0, 12.25, 7.8]
amounts = [3, 10, 1, 4, 6]
sales = [price * amount for price, amount in zip(prices, amounts)]
total = sum(sales)
largest = max(sales)
smallest = min(sales)
mean = total / len(sales)
squares = [(each - mean) ** 2 for each in sales]
deviation = sqrt(sum(squares) / len(squares))
share = largest / total
discount = 0.1 if total > 200 else 0.0
net = total * (1 - discount)
tax = 0.19 * net
due = round(net + tax, 2)
print("total", round(total, 2))
print("mean", round(mean, 2))
print("deviation", round(deviation, 2))
print("largest share", round(share, 3))
print("due", due)
