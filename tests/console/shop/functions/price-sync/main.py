# Compares prices; every now and then a supplier answers nonsense.
import json, os, sys

data = json.loads(os.environ.get("APPWRITE_FUNCTION_DATA") or "{}")
supplier = data.get("supplier", "nordwind")
print(f"asking {supplier} for 1,204 prices")
if supplier == "contoso":
    prices = json.loads('{"sku": "A-17", "price": 12,}')
print("3 prices changed: A-17 12.90 → 13.40, B-02 4.10 → 3.95, K-11 88.00 → 91.50")
