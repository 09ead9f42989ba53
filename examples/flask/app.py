import logging
from logging.handlers import SMTPHandler

from flask import Flask

app = Flask("shop")
mail = SMTPHandler(("localhost", 2525), "shop@example.com", ["ops@example.com"], "[shop] ERROR")
mail.setLevel(logging.ERROR)
app.logger.addHandler(mail)


@app.route("/cart/<int:number>")
def cart(number):
    return {1: "a book"}[number]
