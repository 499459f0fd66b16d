"""Outlook of the industry, 2015 to 2045: demand, fleet, limits, prices, power, and what would change the answer."""
