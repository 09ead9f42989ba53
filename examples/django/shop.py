import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.urls import path

# These lines belong in your settings.py.
settings.configure(
    EMAIL_HOST="localhost", EMAIL_PORT=2525,
    ADMINS=[("Ops", "ops@example.com")], SERVER_EMAIL="shop@example.com", EMAIL_SUBJECT_PREFIX="[shop] ",
    DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY=os.urandom(20).hex(),
)


def cart(request, number):
    raise KeyError(number)


urlpatterns = [path("cart/<int:number>/", cart)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
