"""The coaching web app: people hear calls, judge what the machine found, coach, appeal and rule."""
