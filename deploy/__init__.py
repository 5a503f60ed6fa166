"""How the product is started and served."""
