"""What PyTorch's own workers speak: the store of a job, TensorPipe's pipes, the messages in them.

The modules of this folder know bytes and no sockets: each is told what came, and says what to send.
"""
