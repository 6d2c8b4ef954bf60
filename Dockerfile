FROM python:3.11-slim

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .

RUN useradd --system daymark && mkdir -p instance && chown daymark instance
USER daymark

# One stream for all that it says; the SQLite database, where no DATABASE_URL is given, is in /app/instance.
ENV ENVIRONMENT=production LOG_DIR="" PYTHONUNBUFFERED=1
EXPOSE 8000
VOLUME /app/instance
CMD ["sh", "-c", "flask monitor migrate && exec gunicorn wsgi:app"]
