"""The local Twilio: people, calls and conferences on a clock."""
