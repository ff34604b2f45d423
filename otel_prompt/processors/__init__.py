"""What happens to a record before it is a span: content is left out, replaced or shortened, and a cost is added."""
