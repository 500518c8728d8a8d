"""What a CSV file of each noun looks like: which columns it has, and how its rows make an object. Pure."""
