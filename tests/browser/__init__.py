"""Tests in a real Chromium against the product served by gunicorn."""
