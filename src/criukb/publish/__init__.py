"""Charts, notebooks, articles, reports and the site."""
