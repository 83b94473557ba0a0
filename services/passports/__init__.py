"""Ordinary passports of the Immigration Department, simulated."""

NAME = "passports"
SUBSYSTEM = "VN/GOV/G01/passports"
ADDRESS = "127.0.0.1:50063"
CONTRACT = "ndxp.passports.v1.PassportService"
