"""Says of a test that it runs only with doors in memory, or only with doors over Milvus."""


def of_memory(test):
    test.door_over = ["memory"]
    return test


def of_databases(test):
    test.door_over = ["milvus"]
    return test
