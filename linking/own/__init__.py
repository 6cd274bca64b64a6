"""What the portal holds on an employee, for that employee: what happened, who looked, and all."""
