# ruff: noqa
"""Writes the inputs of kinds H, I and J into the folder given: python make_hourly_and_logs.py OUT"""

import datetime as dt
import json
import math
import pathlib
import sys


def write_cases(out):
    """Write every input into the folder out [path]."""
    out.mkdir(parents=True, exist_ok=True)
    HOURS = [dt.datetime(2023, 1, 1) + dt.timedelta(hours=i) for i in range(8760)]
    PRICE = [
        round(60 + 25 * math.sin(2 * math.pi * (t.hour - 9) / 24), 2) for t in HOURS
    ]  # USD or EUR per MWh, mean 60

    def write(name, rows):
        (out / name).write_text("\n".join(rows) + "\n", encoding="utf-8")

    # H: files as the sources give them (sample values, true layouts)
    write(
        "H-entsoe.csv",
        [
            '"MTU (CET/CEST)","Area","Sequence","Day-ahead Price (EUR/MWh)","Intraday Period (CET/CEST)","Intraday Price (EUR/MWh)"'
        ]
        + [
            f'"{t:%d/%m/%Y %H:%M:%S} - {t + dt.timedelta(hours=1):%d/%m/%Y %H:%M:%S}","BZN|DE-LU","Sequence Sequence 1","{p}","",""'
            for t, p in zip(HOURS, PRICE)
        ],
    )
    write(
        "H-caiso-oasis.csv",
        ["INTERVALSTARTTIME_GMT,INTERVALENDTIME_GMT,OPR_DT,OPR_HR,NODE,MARKET_RUN_ID,LMP_TYPE,XML_DATA_ITEM,MW"]
        + [
            f"{t:%Y-%m-%dT%H:%M:%S}-00:00,,{t:%Y-%m-%d},{t.hour + 1},HUB,DAM,LMP,LMP_PRC,{p}"
            for t, p in zip(HOURS, PRICE)
        ],
    )
    write(
        "H-gridstatus.csv",
        ["Time,Interval Start,Interval End,Market,Location,Location Type,LMP,Energy,Congestion,Loss"]
        + [
            f"{t}+00:00,{t}+00:00,{t + dt.timedelta(hours=1)}+00:00,DAY_AHEAD_HOURLY,HUB,Trading Hub,{p},{p},0,0"
            for t, p in zip(HOURS, PRICE)
        ],
    )
    write(
        "H-aemo-5min.csv",
        ["REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE"]
        + [
            f"NSW1,{t + dt.timedelta(minutes=5 * k):%Y/%m/%d %H:%M:%S},7000,{p},TRADE"
            for t, p in zip(HOURS, PRICE)
            for k in range(1, 13)
        ],
    )
    write(
        "H-quarter-hours.csv",
        ["time_utc,price_usd_per_mwh"]
        + [f"{t + dt.timedelta(minutes=15 * k):%Y-%m-%d %H:%M},{p}" for t, p in zip(HOURS, PRICE) for k in range(4)],
    )
    write(
        "H-electricity-maps.csv",
        [
            "Datetime (UTC),Country,Zone name,Zone id,Carbon intensity gCO\u2082eq/kWh (direct),Carbon intensity gCO\u2082eq/kWh (Life cycle),"
            "Carbon-free energy percentage (CFE%),Renewable energy percentage (RE%),Data source,Data estimated,Data estimation method"
        ]
        + [f"{t},Nowhere,Nowhere,XX,300.0,380.0,55.0,52.0,x,false," for t in HOURS],
    )
    write(
        "H-nasa-power.csv",
        [
            "-BEGIN HEADER-",
            "NASA/POWER Source Native Resolution Hourly Data ",
            "Dates (month/day/year): 01/01/2023 through 12/31/2023 in UTC",
            "Location: latitude  48.1   longitude 11.6 ",
            "elevation from MERRA-2: Average for 0.5 x 0.625 degree lat/lon region = 520.0 meters",
            "The value for missing source data that cannot be computed or is outside of the sources availability range: -999 ",
            "parameter(s): ",
            "T2M  MERRA-2 Temperature at 2 Meters (C) ",
            "RH2M  MERRA-2 Relative Humidity at 2 Meters (%) ",
            "WS10M MERRA-2 Wind Speed at 10 Meters (m/s) ",
            "PS MERRA-2 Surface Pressure (kPa) ",
            "-END HEADER-",
            "YEAR,MO,DY,HR,T2M,RH2M,WS10M,PS",
        ]
        + [
            f"{t.year},{t.month},{t.day},{t.hour},{9 + 4 * math.sin(2 * math.pi * (t.hour - 9) / 24):.1f},75,3.0,95.2"
            for t in HOURS
        ],
    )
    write(
        "H-open-meteo.csv",
        [
            "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation",
            "48.1,11.6,520,0,GMT,GMT",
            "",
            "time,temperature_2m (\u00b0C),relative_humidity_2m (%),wind_speed_10m (km/h),surface_pressure (hPa),shortwave_radiation (W/m\u00b2)",
        ]
        + [f"{t:%Y-%m-%dT%H:%M},9.0,75,10.8,952.0,0.0" for t in HOURS],
    )
    # I: units
    write(
        "I-price-usd-per-kwh.csv",
        ["time_utc,price_usd_per_mwh"] + [f"{t:%Y-%m-%d %H:%M},{p / 1000:.5f}" for t, p in zip(HOURS, PRICE)],
    )
    write("I-carbon-kg-per-kwh.csv", ["time_utc,ci_direct_g_per_kwh"] + [f"{t:%Y-%m-%d %H:%M},0.3" for t in HOURS])
    write(
        "I-cfe-as-fraction.csv",
        ["time_utc,ci_direct_g_per_kwh,carbon_free_pct"] + [f"{t:%Y-%m-%d %H:%M},300,0.55" for t in HOURS],
    )
    write(
        "I-lifecycle-below-direct.csv",
        ["time_utc,ci_direct_g_per_kwh,ci_lca_g_per_kwh"] + [f"{t:%Y-%m-%d %H:%M},300,200" for t in HOURS],
    )
    # J: request logs of two days, 3,000 requests, mean 1,000 in and 300 out
    T0 = dt.datetime(2024, 5, 10)
    REQUESTS = [(57.6 * i, 500 + (i * 37) % 1000, 100 + (i * 53) % 400) for i in range(3000)]
    HEAD = "TIMESTAMP,ContextTokens,GeneratedTokens"
    write(
        "J-one-wrong-date.csv",
        [HEAD, "1970-01-01 00:00:00,10,10"] + [f"{T0 + dt.timedelta(seconds=s)},{a},{b}" for s, a, b in REQUESTS],
    )
    write("J-no-output-tokens.csv", [HEAD] + [f"{T0 + dt.timedelta(seconds=s)},{a},0" for s, a, b in REQUESTS])
    write(
        "J-tenth-failed.csv",
        [HEAD]
        + [f"{T0 + dt.timedelta(seconds=s)},{a},{0 if i % 10 == 0 else b}" for i, (s, a, b) in enumerate(REQUESTS)],
    )
    write(
        "J-month-without-requests.csv",
        [HEAD]
        + [
            f"{T0 + dt.timedelta(seconds=s, days=30 if i >= 1500 else 0)},{a},{b}"
            for i, (s, a, b) in enumerate(REQUESTS)
        ],
    )
    write(
        "J-burstgpt.csv",
        ["Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type"]
        + [f"{int(s)},ChatGPT,{a},{b},{a + b},Conversation log" for s, a, b in REQUESTS],
    )
    write(
        "J-mooncake.jsonl",
        [
            json.dumps({"timestamp": int(s * 1000), "input_length": a, "output_length": b, "hash_ids": [0]})
            for s, a, b in REQUESTS
        ],
    )
    write("J-epoch-seconds.csv", [HEAD] + [f"{1715299200 + s:.3f},{a},{b}" for s, a, b in REQUESTS])


if __name__ == "__main__":
    write_cases(pathlib.Path(sys.argv[1]))
