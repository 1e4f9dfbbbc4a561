"""What does a report need to hold on another machine? Its runs as their tools left them, and a list that says what belongs to it."""
