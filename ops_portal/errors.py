"""Answers to what no view could answer: the API's error form under /api/, Django's pages elsewhere."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults


def not_found(request: HttpRequest, exception: Exception, *args: Any) -> HttpResponse:
    """404: no such address."""
    if _is_api(request):
        return _error(404, "not_found", "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    """500: a defect; the details are in the log only."""
    if _is_api(request):
        return _error(500, "server_error", "The portal failed to answer. The failure is in its log.")
    return defaults.server_error(request)


def bad_request(request: HttpRequest, exception: Exception, *args: Any) -> HttpResponse:
    """400: a request that Django itself refuses, such as one for a host it does not serve."""
    if _is_api(request):
        return _error(400, "bad_request", "The request could not be read.")
    return defaults.bad_request(request, exception)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def _error(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message, "fields": {}}}, status=status)
