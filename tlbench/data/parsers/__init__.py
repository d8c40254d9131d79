"""Files of one layout -> Raw: one file per publisher, and one for tables that anybody may bring."""
