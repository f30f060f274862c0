"""Worker processes that convert, for the service and for bulk: what runs in them, and who watches over them.

saxonche holds the interpreter lock for a whole transformation and can end its process; so parallel conversions, time limits and
safety from a crash all mean processes (docs/performance.md). They are started afresh (never forked), know nothing of each
other, and keep nothing between two inputs.
"""
