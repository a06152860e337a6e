import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["STEMMA_SERVES_PAGES"] = "1"

from django.core.wsgi import get_wsgi_application  # settings read what is set above

application = get_wsgi_application()
