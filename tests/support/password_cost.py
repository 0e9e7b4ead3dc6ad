"""What it costs to hash a password: in production a tenth of a second, in tests nothing, since they
sign in hundreds of times. tests/function_app/auth/test_passwords.py tests the real cost."""

from function_app.auth import passwords

PRODUCTION_COST = passwords._COST
TEST_COST = 2
