"""Grade submissions of the four assignments: in a sandbox, by property, with words.

The submission answers in a process of its own (``siamese_classroom.inside.answering``). It gets
inputs and gives back plain numbers; what is right stays in the process of the grader. nbgrader
keeps the book (scores by hand for the written parts, feedback pages).
"""
