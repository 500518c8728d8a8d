"""What must be fast, measured as ratios to json.loads of the same bytes: they hold on any machine, absolutes do not."""
