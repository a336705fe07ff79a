import os

print(f"Hello, {os.environ.get('APPWRITE_FUNCTION_DATA') or 'nobody'}")
