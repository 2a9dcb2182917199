"""Carriers: the sandbox carrier that books parcels and scans, delays, repeats and loses them."""
