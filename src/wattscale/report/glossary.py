"""The trade's words, explained in one line each, for the last page of the report.

In: nothing. Out: word and meaning. Leaves out: figures, which explain themselves by their equation.
"""

from __future__ import annotations

GLOSSARY: dict[str, str] = {
    "Accelerator": "A chip made for the arithmetic of language models, such as a GPU or TPU.",
    "Annuity": "A one-time cost spread evenly over the years it serves, interest included.",
    "Capacity factor": "Energy of a year over the energy at full power all year.",
    "Carbon, direct": "CO₂ from the chimney of the plants that made the power, in the hour it was used.",
    "Carbon, embodied": "CO₂ from making machines, building and plants, emitted once.",
    "Carbon, life cycle": "Direct carbon plus that of fuel supply and of building the grid's plants.",
    "CFE, hourly": "Share of the energy that is carbon free in the same hour in which it is used.",
    "Curtailment": "Solar or wind energy that could have been made but found no use.",
    "Decode, prefill": "The halves of serving: reading the request at once (prefill), writing token by token (decode).",
    "Device-hour": "One accelerator for one hour.",
    "Dispatch": "Which source gives how much power in each hour.",
    "Goodput": "Share of a training run spent on steps that count, restarts and waits taken off.",
    "IRR": "Internal rate of return: the interest at which a project just breaks even.",
    "KV cache": "What a model keeps in memory of a conversation while it answers.",
    "LCOE": "Levelised cost of energy: all cost of a plant over all its energy.",
    "MFU": "Model FLOPs utilisation: the arithmetic that the model needs over what the machines could do.",
    "MW, MWh": "Power, and energy: one megawatt for one hour is one megawatt-hour.",
    "NPV": "Net present value: all future income less all cost, in today's money.",
    "Parameter": "One of the numbers that a model has learnt.",
    "PUE": "Power usage effectiveness: energy of the whole building over energy of its machines; 1 is perfect.",
    "TCO": "Total cost of ownership: capital spread over its life, plus running cost.",
    "Token": "A piece of a word, the unit in which models read and write.",
    "TPOT": "Time per output token: how fast the answer is written.",
    "TTFT": "Time to first token: how long a reader waits for the answer to begin.",
    "TUE": "Total usage effectiveness: like PUE, with fans and power supplies inside the machines counted as overhead.",
    "Unserved": "Load that the supply could not serve.",
    "WUE": "Water usage effectiveness: litres of water on site for each kWh of the machines.",
}
"""Word to meaning, in alphabetical order."""
