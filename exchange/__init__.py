"""Records that come in and go out: imports, exports, copies of one's data, and bulk changes."""
