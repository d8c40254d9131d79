"""Files of one layout -> Raw: one file a publisher, and one for tables that anybody may bring."""
