"""What an electronic-structure calculation tells of a cluster: its capped model, GFN-xTB and PBE, descriptors kept."""
