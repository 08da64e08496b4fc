"""What shares a process with a student's answer while it is graded.

It asks the answer and passes on what it returns. Nothing in this package knows what is right, and
nothing in it is trusted: a submission can replace all of it.
"""
