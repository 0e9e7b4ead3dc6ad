"""The stores on Azure Storage: all that knows its SDKs."""
