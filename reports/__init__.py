"""What is reported, to whom and when: reports and their archive, KPIs, the return on the investment."""
