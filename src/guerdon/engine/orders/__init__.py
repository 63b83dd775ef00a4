"""Orders on their way: from a member's choice to what they hold in their hands, never twice."""
