"""Where vitals come from: pushed by the product, or asked of Prometheus. A check reads a `Source` alone."""
