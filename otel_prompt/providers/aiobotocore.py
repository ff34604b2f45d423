"""Amazon Bedrock by aiobotocore, and so by aioboto3: botocore's client, asynchronous."""

from __future__ import annotations

from dataclasses import replace

from . import bedrock

PROVIDER = replace(
    bedrock.PROVIDER,
    name="aiobotocore",
    module="aiobotocore.client",
    distribution="aiobotocore",
    oldest="2.23",
    methods=("AioBaseClient._make_api_call",),
)
