"""All node types of the flow language."""

from typing import Annotated

from pydantic import Field

from callcenter.ivr.nodes.aftercare import CallbackNode, MessageNode, SurveyNode
from callcenter.ivr.nodes.collect import CollectNode
from callcenter.ivr.nodes.deciding import (
    CallNode,
    GotoNode,
    HoursNode,
    IfNode,
    ReturnNode,
    SetNode,
    SwitchNode,
)
from callcenter.ivr.nodes.lookup import CustomerNode, HttpNode
from callcenter.ivr.nodes.menu import AskNode, MenuNode
from callcenter.ivr.nodes.people import QueueNode, TransferNode
from callcenter.ivr.nodes.recording import RecordNode, VoicemailNode
from callcenter.ivr.nodes.speaking import HangUpNode, LanguageNode, SayNode

NODE_TYPES = (
    SayNode, MenuNode, CollectNode, AskNode, RecordNode, VoicemailNode, HoursNode, IfNode, SwitchNode,
    SetNode, CustomerNode, HttpNode, QueueNode, TransferNode, CallbackNode, SurveyNode, MessageNode,
    LanguageNode, CallNode, ReturnNode, GotoNode, HangUpNode,
)  # fmt: skip

AnyNode = Annotated[
    SayNode | MenuNode | CollectNode | AskNode | RecordNode | VoicemailNode | HoursNode | IfNode | SwitchNode
    | SetNode | CustomerNode | HttpNode | QueueNode | TransferNode | CallbackNode | SurveyNode | MessageNode
    | LanguageNode | CallNode | ReturnNode | GotoNode | HangUpNode,
    Field(discriminator="type"),
]  # fmt: skip
"""One node of a flow file."""
