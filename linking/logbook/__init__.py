"""The audit log as support, administrators and auditors read it: searched, and in plain words."""
