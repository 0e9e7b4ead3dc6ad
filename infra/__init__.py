"""Into Azure: what is deployed there, how, and what it costs."""
