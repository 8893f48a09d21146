"""The page that the link in a reporter's mail opens."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from feedback.tickets import links


class ReporterPageView(View):
    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return render(request, "feedback/ticket.html", {"ticket": links.read(token)})
