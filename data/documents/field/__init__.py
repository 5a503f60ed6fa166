"""The field package (外业包): what a team takes where no network is."""
